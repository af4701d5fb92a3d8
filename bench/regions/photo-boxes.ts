/** Left, top, right and bottom. */
export type Corners = readonly [number, number, number, number];

/**
 * Boxes of objects in photos of the fixtures, drawn by hand: left, top, right and bottom in percent of the width and the height, to the
 * nearest percent.
 */
export const photoBoxes: Readonly<Record<string, readonly Corners[]>> = {
  'n01530575_brambling.jpg': [[48, 39, 54, 51]],
  'n01641577_bullfrog.jpg': [[49, 30, 86, 80]],
  'n01698640_American_alligator.jpg': [[10, 21, 100, 100]],
  'n01770081_harvestman.jpg': [[44, 60, 59, 77]],
  'n01820546_lorikeet.jpg': [[6, 19, 96, 98]],
  'n01924916_flatworm.jpg': [[2, 10, 100, 93]],
  'n02013706_limpkin.jpg': [[27, 0, 100, 100]],
  'n02086240_Shih-Tzu.jpg': [[19, 6, 81, 100]],
  'n02096585_Boston_bull.jpg': [[27, 1, 93, 100]],
  'n02101388_Brittany_spaniel.jpg': [[8, 4, 93, 99]],
  'n02106662_German_shepherd.jpg': [[41, 16, 63, 80]],
  'n02112137_chow.jpg': [[20, 9, 86, 82]],
  'n02120505_grey_fox.jpg': [[33, 27, 75, 63]],
  'n02165105_tiger_beetle.jpg': [[12, 33, 87, 91]],
  'n02268853_damselfly.jpg': [
    [42, 23, 95, 89],
    [15, 42, 70, 98],
  ],
  'n02391049_zebra.jpg': [[0, 4, 82, 100]],
  'n02444819_otter.jpg': [[33, 40, 52, 72]],
  'n02504013_Indian_elephant.jpg': [[33, 29, 61, 79]],
  'n02692877_airship.jpg': [[3, 11, 97, 78]],
  'n02793495_barn.jpg': [[5, 14, 97, 87]],
  'n02837789_bikini.jpg': [
    [1, 19, 29, 49],
    [31, 18, 60, 49],
    [62, 18, 91, 49],
  ],
  'n02916936_bulletproof_vest.jpg': [[6, 2, 95, 99]],
  'n02988304_CD_player.jpg': [[8, 26, 50, 82]],
  'n03095699_container_ship.jpg': [[7, 29, 93, 69]],
  'n03297495_espresso_maker.jpg': [
    [4, 2, 96, 97],
    [21, 67, 46, 84],
    [46, 67, 68, 84],
  ],
  'n03424325_gasmask.jpg': [[5, 14, 95, 86]],
  'n03485407_hand-held_computer.jpg': [[2, 7, 98, 99]],
  'n03595614_jersey.jpg': [[14, 5, 84, 93]],
  'n03706229_magnetic_compass.jpg': [[28, 19, 83, 88]],
  'n03770439_miniskirt.jpg': [
    [27, 5, 84, 85],
    [0, 0, 26, 29],
  ],
  'n03796401_moving_van.jpg': [[6, 2, 90, 92]],
  'n03874599_padlock.jpg': [[39, 61, 67, 89]],
  'n03929855_pickelhaube.jpg': [
    [15, 2, 88, 42],
    [13, 2, 90, 95],
  ],
  'n03980874_poncho.jpg': [[5, 0, 96, 100]],
  'n04070727_refrigerator.jpg': [[30, 6, 79, 97]],
  'n04147183_schooner.jpg': [[11, 16, 79, 84]],
  'n04310018_steam_locomotive.jpg': [[6, 9, 100, 99]],
  'n04443257_tobacco_shop.jpg': [[41, 11, 100, 100]],
  'n04525038_velvet.jpg': [
    [51, 0, 100, 99],
    [52, 6, 100, 61],
  ],
  'n04590129_window_shade.jpg': [
    [11, 66, 36, 100],
    [33, 1, 76, 75],
    [36, 3, 71, 58],
    [4, 24, 24, 39],
    [4, 41, 24, 57],
  ],
  'n07584110_consomme.jpg': [
    [25, 28, 66, 65],
    [77, 37, 96, 90],
    [21, 28, 69, 81],
  ],
  'n07720875_bell_pepper.jpg': [
    [0, 31, 48, 60],
    [0, 46, 61, 98],
    [51, 53, 99, 86],
  ],
  'n07880968_burrito.jpg': [
    [16, 31, 99, 92],
    [1, 2, 100, 92],
    [52, 14, 74, 34],
  ],
  'n11939491_daisy.jpg': [
    [6, 8, 27, 26],
    [37, 6, 58, 26],
    [62, 8, 87, 35],
    [41, 44, 89, 96],
  ],
};
