/** Words for run names: common, short, easy to spell, and nothing that anybody would mind being named after. */
export const WORDS: readonly string[] = `
acorn alder amber anchor antler apple april arch aspen atlas autumn badger bagel bamboo banjo barley
basil basin bay beach beacon beaver beech bell berry birch bison blanket blossom blue bonsai book bottle
boulder bramble branch brave breeze brick bridge bright bronze brook brush bubble bucket buffalo butter
button cabin cactus calm camel camera canal candle canoe canyon cape caramel caravan cardinal carpet
castle cavern cedar cello chalk cherry chestnut chili cider cinnamon circle citrus clay clear cliff
clock cloud clover coast cobalt cocoa coconut comet compass copper coral corner cotton cove coyote crane
crater creek crescent cricket crimson crow crown crystal cup cypress daisy dandelion dawn deer delta
desert diamond dolphin dome door dove dragon drift drum dune dusk eager eagle early earth east easy echo
elder elk elm ember emerald empty engine evening evergreen falcon fern ferry fiddle field fig finch fir
firefly fjord flame flannel flax flint flower flute foam fog forest fossil fountain fox fresh frost
galaxy garden garlic garnet gate gazelle gentle geyser giant ginger glacier glass glen glider globe gold
golden goose grain granite grape grass green grove gull hammer happy harbor harvest hawk hazel heather
hedge helmet hemlock heron hickory hill hollow honey horizon horse ice indigo iris iron island ivory ivy
jade jaguar jasmine jasper jay juniper kayak kettle kind king kite kiwi lagoon lake lamp lantern larch
lark laurel lava lavender leaf lemon lichen light lilac lily lime linen lion lizard lobster locust lotus
lucky lunar lupine lynx magnet maple marble march marigold market marsh meadow melon merry mesa meteor
mill mint mirror mist moon moose morning mosaic moss moth mountain mulberry mustard nebula nectar needle
nest night noble north nutmeg oak oasis oat ocean olive onyx opal orange orbit orchard orchid osprey
otter owl oyster paddle palm panda panther paper parade parrot pasture patch path peach peacock pear
pearl pebble pecan pelican pepper petal piano pigeon pine pineapple planet plum pocket polar pollen pond
poplar poppy prairie puffin pumpkin purple quail quartz quick quiet quill quilt quince rabbit radish
rain rainbow raven red reef river robin rocket root rope rose ruby rustic rye saddle saffron sage sail
salmon salt sand sapphire sea seal season sequoia shadow shell shore silent silver sky slate snow solar
sparrow spice spring spruce squirrel star steady stone storm stream summer summit sun sunny swallow swan
swift sycamore table tangerine teal temple thistle thunder tide tiger timber topaz torch trail treasure
tree trout tulip tundra turtle umber umbrella valley vanilla velvet violet violin vista walnut warm
water wave west whale wheat willow wind window winter wolf wonder wood woodland wren yarrow yellow zebra
zephyr zinnia
`
  .trim()
  .split(/\s+/);
